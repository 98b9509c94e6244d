/** Pieces that several transformers are made of, written once against the operator contract. */
package org.viditq.core.model.layer;
