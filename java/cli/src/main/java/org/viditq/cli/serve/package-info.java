/** Where the command {@code serve} comes from. */
package org.viditq.cli.serve;
