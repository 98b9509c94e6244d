/**
 * The reference backend: every operator of {@link org.viditq.core.operators.Operators} in plain
 * Java, matrix products by EJML. float32 storage, float64 arithmetic, one rounding per result; each
 * element is summed in one fixed order, so results are the same for every number of threads. It is
 * the judge of all other backends: obvious first, fast second.
 */
package org.viditq.reference;
