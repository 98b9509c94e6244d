/** The T5 text encoder. */
package org.viditq.core.model.t5;
