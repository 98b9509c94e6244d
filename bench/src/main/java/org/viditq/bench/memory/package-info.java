/** What models of full size take in memory, and how it grows with their tokens. */
package org.viditq.bench.memory;
