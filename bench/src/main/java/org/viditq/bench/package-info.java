/**
 * JMH benchmarks of the operator contract on every backend for CPUs, at the shapes of the sample
 * model pixart-mini and of PixArt XL/2, batch 2 for classifier-free guidance. How to run them is in
 * bench/README.md.
 */
package org.viditq.bench;
