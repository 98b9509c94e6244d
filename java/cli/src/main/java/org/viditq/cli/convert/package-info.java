/** {@code viditq convert}: checkpoints of any layout as diffusers' safetensors. */
package org.viditq.cli.convert;
