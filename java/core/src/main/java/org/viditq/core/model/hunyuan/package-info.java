/** HunyuanDiT. */
package org.viditq.core.model.hunyuan;
