/** {@code viditq generate}: pictures from prompts. */
package org.viditq.cli.generate;
