package org.viditq.tensorrt.standin;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Set;
import org.viditq.tensorrt.runtime.DeviceBuffer;
import org.viditq.tensorrt.runtime.DeviceEvent;
import org.viditq.tensorrt.runtime.DeviceGraph;
import org.viditq.tensorrt.runtime.DeviceRuntime;
import org.viditq.tensorrt.runtime.DeviceStream;
import org.viditq.tensorrt.runtime.Engine;
import org.viditq.tensorrt.runtime.ExecutionContext;
import org.viditq.tensorrt.runtime.PinnedBuffer;

/**
 * A device around another one, on which calls fail, are left out or are made with other numbers.
 */
public final class Meddler implements InvocationHandler {
  private static final List<Class<?>> INTERFACES =
      List.of(
          DeviceRuntime.class,
          DeviceBuffer.class,
          PinnedBuffer.class,
          DeviceStream.class,
          DeviceEvent.class,
          DeviceGraph.class,
          Engine.class,
          ExecutionContext.class);

  /** What only tells something. */
  private static final Set<String> ANSWERS =
      Set.of(
          "size",
          "bytes",
          "tensors",
          "profiles",
          "activationBytes",
          "shape",
          "describe",
          "toString",
          "hashCode",
          "equals");

  /** What is done to calls. */
  @FunctionalInterface
  public interface Meddling {
    /**
     * Before a call; may throw, but for {@code close}, which is made first.
     *
     * @param arguments may be changed
     * @return whether the call is made
     */
    boolean before(Class<?> type, String method, Object[] arguments);
  }

  private final Object inner;
  private final Class<?> type;
  private final Meddling meddling;

  private Meddler(Object inner, Class<?> type, Meddling meddling) {
    this.inner = inner;
    this.type = type;
    this.meddling = meddling;
  }

  /** A device whose calls are meddled with. */
  public static DeviceRuntime around(DeviceRuntime runtime, Meddling meddling) {
    return (DeviceRuntime) wrapped(runtime, meddling);
  }

  private static Object wrapped(Object inner, Meddling meddling) {
    for (Class<?> type : INTERFACES) {
      if (type.isInstance(inner)) {
        return Proxy.newProxyInstance(
            Meddler.class.getClassLoader(),
            new Class<?>[] {type},
            new Meddler(inner, type, meddling));
      }
    }
    return inner;
  }

  @Override
  public Object invoke(Object proxy, Method method, Object[] given) throws Throwable {
    Object[] arguments = given == null ? new Object[0] : given.clone();
    for (int i = 0; i < arguments.length; i++) {
      if (arguments[i] != null
          && Proxy.isProxyClass(arguments[i].getClass())
          && Proxy.getInvocationHandler(arguments[i]) instanceof Meddler meddler) {
        arguments[i] = meddler.inner;
      }
    }
    String name = method.getName();
    // What closes is closed in any case, so that what is left open is left by the code that is
    // tested.
    if (name.equals("close") || name.equals("abandonCapture")) {
      call(method, arguments);
      meddling.before(type, name, arguments);
      return null;
    }
    boolean goesOn;
    try {
      goesOn = ANSWERS.contains(name) || meddling.before(type, name, arguments);
    } catch (RuntimeException failed) {
      if (name.equals("synchronize")) {
        call(method, arguments); // a device whose work has failed does nothing any more
      } else if (name.equals("endCapture")) {
        ((DeviceStream) inner).abandonCapture(); // it ends, whatever comes of it
      }
      throw failed;
    }
    return goesOn ? wrapped(call(method, arguments), meddling) : null;
  }

  private Object call(Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(inner, arguments);
    } catch (InvocationTargetException failed) {
      throw failed.getCause();
    }
  }
}
