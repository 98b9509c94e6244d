/** The sizes of pictures that models were trained for. */
package org.viditq.core.model.size;
