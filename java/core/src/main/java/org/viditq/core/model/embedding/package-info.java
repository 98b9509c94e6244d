/** How positions, timesteps, sizes, captions and patches become channels. */
package org.viditq.core.model.embedding;
