/** The scenes that the sample models paint, and a scorer of how well they keep to captions. */
package org.viditq.quantize.metric.scene;
