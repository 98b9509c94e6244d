/** What quantizing models of full size takes. */
package org.viditq.bench.quantize;
