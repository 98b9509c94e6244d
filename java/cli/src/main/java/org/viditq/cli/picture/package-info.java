/** Pictures as files. */
package org.viditq.cli.picture;
