/** Pictures that wait, the batches that are made of them, and the thread that computes them. */
package org.viditq.serve.work;
