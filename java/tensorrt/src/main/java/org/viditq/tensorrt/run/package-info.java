/**
 * Networks as engines that are run: what the backend {@code tensorrt} does between its libraries.
 */
package org.viditq.tensorrt.run;
