/** The BERT text encoder. */
package org.viditq.core.model.bert;
