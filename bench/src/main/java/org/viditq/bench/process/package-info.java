/** Commands as processes that are measured. */
package org.viditq.bench.process;
