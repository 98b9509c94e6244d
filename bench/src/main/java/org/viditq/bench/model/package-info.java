/** Models of real size with random weights, for measurements and tests. */
package org.viditq.bench.model;
