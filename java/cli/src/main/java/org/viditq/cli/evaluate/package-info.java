/** {@code viditq evaluate}: what plans cost in picture quality. */
package org.viditq.cli.evaluate;
