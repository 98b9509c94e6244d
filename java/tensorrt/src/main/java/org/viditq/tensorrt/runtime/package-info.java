/**
 * What TensorRT and CUDA do while engines run, as interfaces: engines and execution contexts,
 * memory of the device and pinned memory of the host, streams, events and graphs. One
 * implementation calls the libraries; the tests have one on plain memory, which checks what it is
 * asked to do.
 *
 * <p>Everything is used by one thread at a time, and closed by whoever opened it, before what it
 * was opened from.
 */
package org.viditq.tensorrt.runtime;
