/**
 * The C++ kernels seen from Java. {@code org.viditq.cpp.bridge} is generated from {@code viditq.h}
 * by JavaCPP and checks nothing on the Java side: use it through the classes here.
 */
package org.viditq.cpp;
