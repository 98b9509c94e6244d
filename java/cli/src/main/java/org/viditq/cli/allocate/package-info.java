/** {@code viditq allocate}. */
package org.viditq.cli.allocate;
