/** How the inputs of linear layers vary, and what grids of activations that follows or not cost. */
package org.viditq.quantize.activation;
