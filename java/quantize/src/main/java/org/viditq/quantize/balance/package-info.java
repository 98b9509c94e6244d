/** Channel balancing: moving the difficulty of outlier channels from activations to weights. */
package org.viditq.quantize.balance;
