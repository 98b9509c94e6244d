/**
 * Pictures and clips from Java in a few lines: open a {@link org.viditq.api.Pipeline}, ask it for a
 * {@link org.viditq.api.Generation}, write what comes back, close it.
 *
 * <p>Everything that a caller can act on is a {@link org.viditq.core.error.ViditqException}, whose
 * message is one sentence; it speaks of the options of the viditq command, whose names are those of
 * the methods here.
 */
package org.viditq.api;
