/** Commands whose units of work are computed by other processes, here or on a cluster. */
package org.viditq.cli.workers;
