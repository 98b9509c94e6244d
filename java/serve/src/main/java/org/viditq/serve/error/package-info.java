/** What a client is told when its request cannot be done. */
package org.viditq.serve.error;
