/** What is computed in one step of a sampling and used in later ones; see docs/caching.md. */
package org.viditq.core.pipeline.cache;
