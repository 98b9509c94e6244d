/** Where the command {@code bench} comes from. */
package org.viditq.cli.bench;
