/** How much memory a command will take, told before it does. */
package org.viditq.cli.memory;
