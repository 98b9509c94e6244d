/**
 * What an engine is, and where it comes from: between those who build engines and those who run
 * them.
 */
package org.viditq.tensorrt.engine;
