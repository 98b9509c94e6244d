/** How commands with long work go on where an earlier run of them was killed. */
package org.viditq.cli.resume;
