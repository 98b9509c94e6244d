/** Denoisers of real size, each in a process of its own: {@code bench pipeline}. */
package org.viditq.bench.pipeline;
