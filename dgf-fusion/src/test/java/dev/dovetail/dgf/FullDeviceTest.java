package dev.dovetail.dgf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.dovetail.dgf.testing.TinyDraft;
import dev.dovetail.dgf.testing.TinyGeneration;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.round.DraftModel;
import dev.dovetail.engine.round.DraftTarget;
import dev.dovetail.engine.round.Drafter;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A draft that does not fit the device takes nothing of it. */
class FullDeviceTest {
  private static final Set<String> TAKING =
      Set.of(
          "buffer",
          "upload",
          "matrix",
          "draftMatrix",
          "draftTree",
          "embedding",
          "tokenIds",
          "kvCache");

  @TempDir private static Path folder;

  /** Another device with room for so many handles, of which it knows how many are open. */
  private static final class Room {
    private final Device device;
    private final int room;
    private int taken;
    private int open;

    Room(Device device, int room) {
      this.device = device;
      this.room = room;
    }

    Device asDevice() {
      return wrap(
          Device.class,
          (method, arguments) -> {
            if (!TAKING.contains(method.getName())) {
              return call(method, device, arguments);
            }
            if (taken == room) {
              throw new IllegalStateException("the device is full");
            }
            Object handle = call(method, device, arguments);
            taken++;
            open++;
            return wrap(
                method.getReturnType(),
                (inner, innerArguments) -> {
                  open -= inner.getName().equals("close") ? 1 : 0;
                  return call(inner, handle, innerArguments);
                });
          });
    }

    private interface Handler {
      Object handle(Method method, Object[] arguments) throws Throwable;
    }

    private static <T> T wrap(Class<T> type, Handler handler) {
      return type.cast(
          Proxy.newProxyInstance(
              type.getClassLoader(),
              new Class<?>[] {type},
              (proxy, method, arguments) -> handler.handle(method, arguments)));
    }

    private static Object call(Method method, Object on, Object[] arguments) throws Throwable {
      try {
        return method.invoke(on, arguments);
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    }
  }

  @Test
  void leavesNothingOnTheDevice() throws IOException {
    Path checkpoint = TinyDraft.standard().draftVocabulary(40).write(folder);
    Draft trying =
        Draft.using(target -> {
          int rooms = 0;
          Throwable failure;
          do {
            Room room = new Room(target.device(), rooms++);
            failure = catchThrowable(() -> loadAndDraft(checkpoint, target, room));
            assertThat(room.open).as("open of %d", room.taken).isZero();
          } while (failure instanceof IllegalStateException);
          assertThat(failure).isNull();
          assertThat(rooms).isGreaterThan(25);
          return new DgfProvider().open(checkpoint, target).orElseThrow();
        });
    TinyGeneration.open(TinyGeneration.model(folder, "llama"), trying, 1).close();
  }

  private static void loadAndDraft(Path checkpoint, DraftTarget target, Room room) {
    DraftTarget full =
        new DraftTarget(target.config(), target.embedding(), target.head(), room.asDevice());
    try (DraftModel model = new DgfProvider().open(checkpoint, full).orElseThrow();
        Drafter drafter = model.newDrafter(32)) {
      assertThat(drafter.name()).isEqualTo(model.name());
    }
  }
}
