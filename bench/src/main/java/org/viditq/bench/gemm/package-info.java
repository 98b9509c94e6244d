/** Linear layers side by side with their peers: {@code bench gemm}. */
package org.viditq.bench.gemm;
