// prefactor.hpp: handles that close themselves, and exceptions where C returns a status.
#include <prefactor.hpp>

#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#define CHECK(condition) \
  ((condition) ? (void)0 : (std::fprintf(stderr, "%d: %s\n", __LINE__, #condition), std::exit(1)))

template <typename Body>
static pf_status thrown(Body body) {
  try {
    body();
  } catch (const prefactor::Error &error) {
    CHECK(error.what()[0] != 0);
    return error.status();
  }
  return PF_OK;
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  CHECK(thrown([] { prefactor::Model("/nonexistent.pfmodel"); }) == PF_ERROR_IO);
  CHECK(thrown([] { prefactor::Model(nullptr, 0); }) == PF_ERROR_INVALID_ARGUMENT);

  prefactor::Model opened{std::string(argv[1])};
  prefactor::Model model = std::move(opened);
  CHECK(model.output_count() > 0);
  CHECK(model.input_count() > 0);
  CHECK(model.labels().size() == pf_model_label_count(model.get()));
  CHECK(model.layers().size() == pf_model_layer_count(model.get()));
  CHECK(thrown([&] { model.input_info(1000); }) == PF_ERROR_INVALID_ARGUMENT);

  pf_session_options options = PF_SESSION_OPTIONS_INIT;
  options.threads = 65;
  CHECK(thrown([&] { prefactor::Session(model, &options); }) == PF_ERROR_INVALID_ARGUMENT);
  options.threads = 2;
  prefactor::Session created(model, &options);
  prefactor::Session session = std::move(created);
  CHECK(session.input_info(0).bytes > 0);
  CHECK(session.output_info(0).bytes > 0);
  session.run();
  CHECK(session.steps().size() == pf_session_step_count(session.get()));
  CHECK(session.input<float>(0) != nullptr);
  CHECK(session.output<float>(0) != nullptr);

  std::vector<std::vector<std::int64_t>> shapes(model.input_count());
  for (std::size_t i = 0; i < shapes.size(); i++) {
    pf_tensor_info planned = session.input_info(i);
    shapes[i].assign(planned.dims, planned.dims + planned.rank);
  }
  prefactor::Session shaped(model, shapes);
  CHECK(shaped.input_info(0).bytes == session.input_info(0).bytes);
  shapes[0].push_back(1);
  const pf_status refused = session.input_info(0).rank < PF_MAX_RANK ? PF_ERROR_SHAPE : PF_ERROR_INVALID_ARGUMENT;
  CHECK(thrown([&] { prefactor::Session(model, shapes); }) == refused);

  const std::uint8_t image[3 * 4 * 2] = {};
  pf_preprocessing preprocessing = PF_PREPROCESSING_INIT;
  pf_status expected = pf_model_preprocessing(model.get(), &preprocessing) == PF_OK ? PF_OK : PF_ERROR_UNSUPPORTED;
  CHECK(thrown([&] { session.load_image(image, 4, 2); }) == expected);
  return 0;
}
