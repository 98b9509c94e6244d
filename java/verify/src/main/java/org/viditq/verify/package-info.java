/** Runs golden cases on a backend and tells how far each is off. */
package org.viditq.verify;
