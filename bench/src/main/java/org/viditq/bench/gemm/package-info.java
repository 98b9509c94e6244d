/**
 * Linear layers side by side with their peers, and the precisions of attention: {@code bench gemm}
 * and {@code bench attention}.
 */
package org.viditq.bench.gemm;
