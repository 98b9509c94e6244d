/** {@code viditq bench serve}: a server under load. */
package org.viditq.bench.serve;
