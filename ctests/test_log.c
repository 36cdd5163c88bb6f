// The log callback gets what is worth knowing, with the caller's context, on the caller's thread.
#include "support.h"
#include <pthread.h>

static pthread_t caller;
static int messages;

static void count_message(void *context, pf_log_level level, const char *message) {
  CHECK(context == &messages);
  CHECK(level == PF_LOG_INFO || level == PF_LOG_WARNING);
  CHECK(message && message[0]);
  CHECK(pthread_equal(pthread_self(), caller));
  messages++;
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  caller = pthread_self();
  pf_error error;
  pf_model *model;
  pf_model_options options = PF_MODEL_OPTIONS_INIT;
  options.log = count_message;
  options.log_context = &messages;
  CHECK_OK(pf_model_open_file(argv[1], &options, &model, &error), error);
  pf_session *session = create_session(model, 2);
  CHECK(messages > 0);
  int before = messages;
  CHECK_OK(pf_session_run(session, NULL, NULL, &error), error);
  CHECK(messages == before);
  pf_session_destroy(session);
  pf_model_close(model);
  return 0;
}
