/**
 * Processes that compute units of a long work, and what they and the process that wants the work
 * say to each other. Needs nothing but the JDK, so that a cluster's machines can load it.
 */
package org.viditq.core.workers;
