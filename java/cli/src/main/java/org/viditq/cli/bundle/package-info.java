/** A copy of viditq that runs where there is neither Java nor a network. */
package org.viditq.cli.bundle;
