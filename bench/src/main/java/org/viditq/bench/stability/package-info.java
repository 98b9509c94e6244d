/**
 * {@code viditq bench stability}: whether a process that works for long stays as small as it was.
 */
package org.viditq.bench.stability;
