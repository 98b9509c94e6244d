/**
 * How near operators come to what the machine can do at most: the roofline of Williams, Waterman
 * and Patterson, "Roofline: An Insightful Visual Performance Model for Multicore Architectures",
 * 2009. {@link org.viditq.bench.roofline.Work} is counted from the shapes of operands while a
 * denoiser is evaluated, {@link org.viditq.bench.roofline.MachineLimits} are measured beside it.
 */
package org.viditq.bench.roofline;
