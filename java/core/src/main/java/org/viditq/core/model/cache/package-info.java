/** What networks ask before they compute what an earlier step of a sampling has computed. */
package org.viditq.core.model.cache;
