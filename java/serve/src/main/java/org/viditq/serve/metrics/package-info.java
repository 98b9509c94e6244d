/** What is counted and timed. */
package org.viditq.serve.metrics;
