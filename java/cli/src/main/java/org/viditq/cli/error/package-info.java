/** Turns failures into one sentence and an exit code. */
package org.viditq.cli.error;
