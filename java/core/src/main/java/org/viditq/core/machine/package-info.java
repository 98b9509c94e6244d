/** What the machine and the operating system give to this process: memory, files, threads. */
package org.viditq.core.machine;
