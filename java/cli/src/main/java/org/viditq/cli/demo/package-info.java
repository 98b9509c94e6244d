/** {@code viditq demo}: the bundled sample, quantized five ways and compared. */
package org.viditq.cli.demo;
