/** {@code viditq verify}: runs golden cases on a backend and reports how far each is off. */
package org.viditq.cli.verify;
