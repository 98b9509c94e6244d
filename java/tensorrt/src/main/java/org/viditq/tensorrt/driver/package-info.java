/**
 * NVIDIA's driver and TensorRT's libraries: whether they are there, where they lie, which they are.
 * Nothing of TensorRT is called before the driver has answered, since without one TensorRT's
 * factories give null or a pointer near it.
 */
package org.viditq.tensorrt.driver;
