/** Engines of one network in several forms: time, memory and pictures. */
package org.viditq.bench.engine;
