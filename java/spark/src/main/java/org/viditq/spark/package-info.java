/**
 * Units of work on an Apache Spark cluster. Spark hands out numbers and brings results back; what
 * computes is a worker process of viditq beside each executor, as with {@code --workers}.
 */
package org.viditq.spark;
